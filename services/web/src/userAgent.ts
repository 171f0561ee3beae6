/** What a device calls itself, in plain words: `Firefox on Windows`, `curl`. */

/** The first that fits; later ones are claimed by the earlier ones too. */
const BROWSERS: [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(HeadlessChrome|Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/.*\bSafari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

const PROGRAMS: Record<string, string> = {
  "python-httpx": "Python (httpx)",
  "python-requests": "Python (requests)",
  "Python-urllib": "Python (urllib)",
  aiohttp: "Python (aiohttp)",
  "Go-http-client": "a Go program",
  okhttp: "an Android or Java program",
  node: "Node.js",
  PostmanRuntime: "Postman",
};
const LONGEST = 40;

export function deviceText(userAgent: string | null): string {
  const text = userAgent?.trim() ?? "";
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  if (browser) return system ? `${browser} on ${system}` : browser;
  if (text.startsWith("Mozilla/")) return system ? `A browser on ${system}` : "A browser";
  // `name/version (more)`, as programs write it.
  const name = /^[^/(]+/.exec(text)?.[0].trim() ?? "";
  if (!name) return "Unknown device";
  return capitalised(PROGRAMS[name] ?? name.slice(0, LONGEST));
}

/** `curl` and `k6` are written small. */
function capitalised(name: string): string {
  return /^an? /.test(name) ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}
