// A file of its own, because the page's CSP takes no inline script.
// disableSearch: its index is built in a worker from a blob, which the CSP does not take either.
Redoc.init(
  "/api/openapi.json",
  { disableSearch: true, hideDownloadButton: false, nativeScrollbars: true },
  document.getElementById("redoc"),
);
