export { checkOnce, runDemo } from './run-demo.ts';
