export { openPageRun, type PageRun } from './page-run.ts';
