export { add1 } from './t';
