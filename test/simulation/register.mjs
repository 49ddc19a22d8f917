/** Lets Node run the TypeScript of `src` and `test` as it is: `node --import ./test/simulation/register.mjs file.ts`. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
