/** Lets Node run the TypeScript of `src` and `test` as it is: `node --import ./test/typescript/register.mjs file.ts`. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
