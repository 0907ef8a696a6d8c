/** The worker of whoever builds by something that does not find that of the package. */
import '@famjs/zoo/worker/serve';
