import { beforeEach, describe, expect, it, vi } from "vitest";

import { tokenOf } from "../src/link";
import type * as Route from "../src/route";

describe("the token of a mail's link", () => {
  it.each([
    ["/reset-password", "#token=abc-_.1", "abc-_.1"],
    ["/verify-email", "#token=a+b", "a+b"],
    ["/export", "#utm=x&token=abc", "abc"],
    ["/export", "#token=", null],
    ["/export", "", null],
    ["/export", "#abc", null],
    ["/", "#token=abc", null],
    ["/verify-email", `#token=${"x".repeat(501)}`, null],
  ])("%s%s", (path, fragment, token) => expect(tokenOf(path, fragment)).toBe(token));
});

/** As the browser does when somebody opens an address. */
function open(address: string) {
  const { pathname, search, hash } = new URL(address, "http://taskbell.test");
  vi.stubGlobal("location", { pathname, search, hash });
}

describe("the address bar", () => {
  let route: typeof Route;
  let written: string[];
  let popped: () => void;

  async function load(address: string) {
    open(address);
    route = await import("../src/route");
  }

  beforeEach(() => {
    vi.resetModules();
    written = [];
    const write = (_state: unknown, _title: string, to: string) => {
      written.push(to);
      open(to);
    };
    vi.stubGlobal("history", { replaceState: write, pushState: write });
    vi.stubGlobal("addEventListener", (_type: string, listener: () => void) => {
      popped = listener;
    });
    vi.stubGlobal("scrollTo", () => undefined);
  });

  it("loses the token as soon as the page has it", async () => {
    await load("/reset-password?from=mail#token=abc");
    expect(route.linkToken.value).toBe("abc");
    expect(written).toEqual(["/reset-password?from=mail"]);
  });

  it("is left alone without one", async () => {
    await load("/settings#token=abc");
    expect(route.linkToken.value).toBeNull();
    expect(written).toEqual([]);
  });

  it("takes up a second link in the same tab", async () => {
    await load("/verify-email#token=first");
    open("/verify-email#token=second");
    popped();
    expect(route.linkToken.value).toBe("second");
    expect(written).toEqual(["/verify-email", "/verify-email"]);
  });

  it("keeps the token while something else on the page changes the history", async () => {
    await load("/export#token=abc");
    popped();
    expect(route.linkToken.value).toBe("abc");
  });

  it("forgets the token on another page", async () => {
    await load("/reset-password#token=abc");
    route.go("/forgot-password");
    expect(route.linkToken.value).toBeNull();
    open("/reset-password");
    popped();
    expect(route.linkToken.value).toBeNull();
  });
});
