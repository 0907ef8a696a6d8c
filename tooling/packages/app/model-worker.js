/** The worker of a model, for bundlers that do not find the zoo's own. */
import '@famjs/zoo/worker/serve';
