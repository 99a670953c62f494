import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds a running service, such as that of `cargo xtask demo`. */
const SERVICE = process.env['SWITCHYARD_SERVER'] ?? 'http://127.0.0.1:28007';

export default defineConfig({
  // Relative, so that the page works below whatever path a proxy serves it from.
  base: './',
  plugins: [svelte()],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // The service answers with default-src 'self', which excludes data: addresses.
    assetsInlineLimit: 0,
    modulePreload: false,
    // Tells `scripts/finish.mjs` what belongs to the first page.
    manifest: true,
  },
  server: { proxy: { '/v2': SERVICE } },
  // Without it the tests get the build of Svelte that renders on servers.
  ...(process.env['VITEST'] ? { resolve: { conditions: ['browser'] } } : {}),
  test: { include: ['src/**/*.test.ts'] },
});
