import { describe, expect, it } from "vitest";

import { spelledOut } from "../src/addresses";
import { nextItem } from "../src/components/menuKeys";
import { groupsOf } from "../src/figures";
import { localesWith, patchOf } from "../src/profile";
import { expiryOf, scopesFor, scopeText } from "../src/scopes";
import { inOrder } from "../src/sessions";
import type { Session } from "../src/types";
import { deviceText } from "../src/userAgent";
import { allZones, matching, offsetLabel, zoneNamed } from "../src/zones";

const MOZILLA = "Mozilla/5.0";
const WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

describe("a device in plain words", () => {
  it.each([
    [`${MOZILLA} (X11; Linux x86_64) ${WEBKIT} Chrome/141.0 Safari`, "Chrome on Linux"],
    [`${MOZILLA} (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/141.0 Safari`, "Chrome on Linux"],
    [
      `${MOZILLA} (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/141.0 Safari/537 Edg/141.0`,
      "Edge on Windows",
    ],
    [`${MOZILLA} (Windows NT 10.0; rv:144.0) Gecko/20100101 Firefox/144.0`, "Firefox on Windows"],
    [
      `${MOZILLA} (Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/26.0 Safari/605`,
      "Safari on macOS",
    ],
    [
      `${MOZILLA} (iPhone; CPU iPhone OS 18_7 like Mac OS X) ${WEBKIT} Version/26 Mobile Safari/604`,
      "Safari on iPhone",
    ],
    [
      `${MOZILLA} (iPad; CPU OS 18_7 like Mac OS X) ${WEBKIT} CriOS/141.0 Mobile Safari`,
      "Chrome on iPad",
    ],
    [
      `${MOZILLA} (Linux; Android 10; K) ${WEBKIT} SamsungBrowser/28.0 Chrome/130 Mobile Safari`,
      "Samsung Internet on Android",
    ],
    [
      `${MOZILLA} (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/141.0 Safari/537 OPR/120.0`,
      "Opera on ChromeOS",
    ],
    [`${MOZILLA} (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko`, "A browser on Windows"],
    ["curl/8.16.0", "curl"],
    ["python-httpx/0.28.1", "Python (httpx)"],
    ["Go-http-client/2.0", "A Go program"],
    ["Kitchen display/2 (kiosk)", "Kitchen display"],
    ["x".repeat(500), "x".repeat(40)],
    ["", "Unknown device"],
    [" / ", "Unknown device"],
    [null, "Unknown device"],
  ])("%s", (userAgent, words) => expect(deviceText(userAgent)).toBe(words));
});

const session = (id: string, last_used_at: string | null, current = false): Session => ({
  id,
  user_agent: null,
  address: null,
  created_at: "2026-06-01T00:00:00Z",
  last_used_at,
  current,
});

it("lists this device first, then what was used last", () => {
  const sessions = [
    session("d", "2026-06-05T00:00:00Z"),
    session("old", null),
    session("new", "2026-06-09T00:00:00Z"),
    session("here", "2026-06-02T00:00:00Z", true),
    session("c", "2026-06-05T00:00:00Z"),
  ];
  expect(inOrder(sessions).map(({ id }) => id)).toEqual(["here", "new", "c", "d", "old"]);
});

describe("what a token may do", () => {
  it("is said in plain words", () => {
    expect(scopeText(["tasks:write", "tasks:read"])).toBe("Read tasks, change tasks");
    expect(scopeText(["admin"])).toBe("Administration");
    expect(scopeText(["tasks:read", "calls:make"])).toBe("Read tasks, calls:make");
    expect(scopeText([])).toBe("Nothing");
  });

  it("has administration for administrators only", () => {
    expect(scopesFor("user").map(({ scope }) => scope)).not.toContain("admin");
    expect(scopesFor("admin").map(({ scope }) => scope)).toContain("admin");
  });

  it("ends after some days, or never", () => {
    const now = Date.parse("2026-06-10T12:00:00Z");
    expect(expiryOf("30", now)).toBe("2026-07-10T12:00:00.000Z");
    expect(expiryOf("", now)).toBeUndefined();
  });
});

describe("looking for a zone", () => {
  const zones = allZones("Mars/Olympus_Mons", "Asia/Kolkata");

  it("knows those of the browser, UTC, and the user's own", () => {
    expect(zones).toEqual(expect.arrayContaining(["Europe/Zurich", "UTC", "Mars/Olympus_Mons"]));
    expect(new Set(zones).size).toBe(zones.length);
    expect(zones).toEqual(zones.toSorted());
  });

  it("takes words in any order, case and spelling", () => {
    expect(matching(zones, "zürich")).toEqual(["Europe/Zurich"]);
    expect(matching(zones, "new york")).toEqual(["America/New_York"]);
    expect(matching(zones, "YORK/America")).toEqual(["America/New_York"]);
    expect(matching(zones, "")).toEqual(zones);
    expect(matching(zones, "atlantis")).toEqual([]);
  });

  it("takes a zone typed in full", () => {
    expect(zoneNamed(zones, "america/new york")).toBe("America/New_York");
    expect(zoneNamed(zones, "america/new")).toBeUndefined();
  });

  it.each([
    ["UTC", "UTC"],
    ["Europe/London", "UTC"],
    ["Asia/Kathmandu", "UTC+05:45"],
    ["America/St_Johns", "UTC−03:30"],
    ["Pacific/Pago_Pago", "UTC−11:00"],
  ])("says how far %s is from UTC", (zone, label) => {
    expect(offsetLabel(zone, Date.parse("2026-01-10T12:00:00Z"))).toBe(label);
  });
});

it("moves through a menu with the keys, and round its ends", () => {
  expect(nextItem("ArrowDown", 0, 3)).toBe(1);
  expect(nextItem("ArrowDown", 2, 3)).toBe(0);
  expect(nextItem("ArrowUp", 0, 3)).toBe(2);
  expect(nextItem("ArrowUp", -1, 3)).toBe(2);
  expect(nextItem("End", 0, 3)).toBe(2);
  expect(nextItem("Home", 2, 3)).toBe(0);
  expect(nextItem("a", 0, 3)).toBeNull();
});

describe("the profile", () => {
  const before = { name: "Ada", time_zone: "UTC", locale: "en", week_start: "monday" };

  it("sends only what was changed", () => {
    expect(patchOf(before, { ...before, name: " Ada " })).toEqual({});
    expect(patchOf(before, { ...before, week_start: "sunday" })).toEqual({ week_start: "sunday" });
  });

  it("clears the name with null", () => {
    expect(patchOf(before, { ...before, name: " " })).toEqual({ name: null });
  });

  it("keeps a language that was chosen elsewhere", () => {
    expect(localesWith("en-GB")).toHaveLength(localesWith("en").length);
    expect(localesWith("de-CH").at(-1)?.[0]).toBe("de-CH");
  });
});

it("groups the figures, and puts what stands alone at the end", () => {
  const groups = groupsOf({
    users: { total: 1200, active: 7 },
    sessions: 3,
    deliveries_24h: { sent: 2 },
    oldest_due_job_seconds: 95,
    something_new: null,
  });
  expect(groups).toEqual([
    {
      title: "Accounts",
      rows: [
        ["Total", "1,200"],
        ["Active", "7"],
      ],
    },
    { title: "Deliveries, last 24 hours", rows: [["Sent", "2"]] },
    {
      title: "Also",
      rows: [
        ["Sessions", "3"],
        ["Oldest job that is due waits", "1 min"],
        ["Something new", "–"],
      ],
    },
  ]);
});

describe("an address with unusual characters", () => {
  it.each([
    ["\u0430da@example.com", "\\u{430}da@example.com"],
    ["ada\u200b@example.com", "ada\\u{200b}@example.com"],
    ["\u{1f514}@example.com", "\\u{1f514}@example.com"],
    ["ada@ex\u0430mple.com", "ada@xn--exmple-4nf.com"],
    ["j\u00f6rg@b\u00fccher.example", "j\\u{f6}rg@xn--bcher-kva.example"],
    ["ada@\uff45xample.com", "ada@\\u{ff45}xample.com"],
    ["ada@exa mple.\u0430", "ada@exa mple.\\u{430}"],
  ])("%s is spelt out", (email, spelled) => expect(spelledOut(email)).toBe(spelled));

  it.each(["ada@example.com", "o'hara+tasks@xn--bcher-kva.example"])("is not %s", (email) =>
    expect(spelledOut(email)).toBeNull(),
  );
});
