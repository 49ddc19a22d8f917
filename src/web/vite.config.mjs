// Builds every page of src/web (a folder with an index.html) into dist/web/<page>/, and what pages share into dist/web/assets/.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));
const pages = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(root, entry.name, 'index.html')))
  .map((entry) => join(root, entry.name, 'index.html'));

/** A server mounts a page and the assets under one address (`/desk/` and `/desk/assets/`): the page looks for them beside itself. */
const assetsBesidePage = {
  name: 'assets-beside-page',
  enforce: 'post',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.fileName.endsWith('.html')) file.source = String(file.source).replaceAll('"../assets/', '"./assets/');
      }
    },
  },
};

export default defineConfig({
  root,
  base: './',
  plugins: [assetsBesidePage],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { outDir: join(root, '../../dist/web'), emptyOutDir: true, rolldownOptions: { input: pages }, assetsInlineLimit: 0 },
});
