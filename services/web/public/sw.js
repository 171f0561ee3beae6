/*
 * Shows push messages, also while no page of Taskbell is open. It has no access token and asks the
 * API for nothing; it answers no requests either: nothing is cached, nothing can be stale.
 */

/** Some browsers let a click open a tab for a second only, all in all. */
const PATIENCE_MS = 400;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => event.waitUntil(show(contentOf(event))));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.url));
});

// The browser has replaced the subscription: the page tells the server, now or when it is opened.
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(replace(event)));

function contentOf(event) {
  try {
    const content = event.data.json();
    if (typeof content.title === "string") return content;
  } catch {
    // Not ours, or cut. Browsers want something to be shown nevertheless.
  }
  return { title: "Taskbell", body: "Something is due.", url: "/" };
}

async function show({ title, body, url, tag, fire_at: fireAt }) {
  const options = {
    body: body || "",
    icon: "/icon-192.png",
    badge: "/badge-96.png",
    data: { url, fireAt },
  };
  if (fireAt) options.timestamp = Date.parse(fireAt);
  if (tag) {
    // The same message may come twice: it takes the place of the first, and makes no more noise.
    const shown = await self.registration.getNotifications({ tag });
    options.tag = tag;
    options.renotify = !shown.some(({ data }) => data?.fireAt === fireAt);
  }
  await self.registration.showNotification(title, options);
}

async function open(wanted) {
  const url = new URL(wanted || "/", self.location.origin);
  if (url.origin !== self.location.origin) return;
  // The one that was used last comes first.
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!pages.length) {
    await self.clients.openWindow(url.href);
    return;
  }
  const page = await pages[0].focus().catch(() => pages[0]);
  const task = url.searchParams.get("task");
  if (task && !(await isOpenedBy(page, task))) await self.clients.openWindow(url.href);
}

/** Ask a page to open a task; tell whether it does. It may be at the door, or as good as asleep. */
function isOpenedBy(page, task) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const late = setTimeout(() => resolve(false), PATIENCE_MS);
    port1.onmessage = () => {
      clearTimeout(late);
      resolve(true);
    };
    page.postMessage({ kind: "open-task", id: task }, [port2]);
  });
}

async function replace({ oldSubscription, newSubscription }) {
  const options = oldSubscription?.options;
  if (!newSubscription && options) {
    // Without permission it fails: then there is nothing to replace.
    await self.registration.pushManager.subscribe(options).catch(() => undefined);
  }
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const page of pages) page.postMessage({ kind: "subscription-changed" });
}
