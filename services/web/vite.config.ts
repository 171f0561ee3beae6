import { defineConfig } from "vite";

const gateway = "http://localhost:8080";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // The gateway's CSP is default-src 'self': no data: URLs, so nothing is inlined.
    assetsInlineLimit: 0,
    // One chunk, nothing to preload.
    modulePreload: false,
  },
  server: {
    proxy: {
      // The refresh cookie is only honoured with the Origin of PUBLIC_URL.
      "/api": { target: gateway, changeOrigin: true, headers: { origin: gateway } },
    },
  },
});
