import { beforeEach, describe, expect, it, vi } from "vitest";

import type * as Account from "../src/account";
import type * as Api from "../src/api";
import { ApiError, explain } from "../src/problem";
import type * as Proof from "../src/proof";
import type * as Session from "../src/session";

interface Call {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

let api: typeof Api;
let account: typeof Account;
let proof: typeof Proof;
let session: typeof Session;
let calls: Call[];
let answers: (() => Response)[];

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(body), { status, headers });
const ended = () => new Response(null, { status: 204 });
const tokens = (access_token: string) => ({
  access_token,
  expires_in: 900,
  user: { id: "u", email: "ada@example.com", name: "Ada", time_zone: "UTC" },
});
const task = { id: "t", version: 4, title: "Buy milk" };

beforeEach(async () => {
  vi.resetModules();
  vi.useFakeTimers({ shouldAdvanceTime: true });
  calls = [];
  answers = [];
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    calls.push({ method: init.method ?? "GET", path, headers, body: String(init.body ?? "") });
    const next = answers.shift();
    if (!next) throw new TypeError("Failed to fetch");
    return next();
  });
  api = await import("../src/api");
  account = await import("../src/account");
  proof = await import("../src/proof");
  session = await import("../src/session");
  return () => vi.useRealTimers();
});

async function signedIn() {
  answers.push(json(200, tokens("first")));
  await session.signIn("ada@example.com", "correct horse");
  calls.length = 0;
}

/** The modules are loaded anew for each test, and so is their ApiError. */
async function failure(promise: Promise<unknown>): Promise<ApiError> {
  return promise.then(
    () => Promise.reject(new Error("expected a failure")),
    (error: ApiError) => error,
  );
}

describe("the session", () => {
  it("signs in with the OAuth2 form and keeps the token to itself", async () => {
    answers.push(json(200, tokens("first")));
    await session.signIn("ada@example.com", "a b&c");
    expect(calls[0]).toMatchObject({
      method: "POST",
      path: "/api/v1/auth/login?cookie=true",
      body: "username=ada%40example.com&password=a+b%26c",
    });
    expect(session.state.value).toBe("signed-in");
  });

  it("renews the token once for any number of refused requests", async () => {
    await signedIn();
    const refused = json(401, { code: "token_expired" });
    answers.push(refused, refused, json(200, tokens("second")), json(200, task), json(200, task));
    await Promise.all([api.getTask("t"), api.getTask("t")]);
    const refreshes = calls.filter(({ path }) => path.includes("/auth/refresh"));
    expect(refreshes).toHaveLength(1);
    expect(calls.at(-1)?.headers.get("Authorization")).toBe("Bearer second");
  });

  it("ends when the refresh is refused", async () => {
    await signedIn();
    answers.push(json(401, {}), json(401, { code: "invalid_refresh_token" }));
    expect((await failure(api.getTask("t"))).status).toBe(401);
    expect(session.state.value).toBe("anonymous");
    expect(session.ended.value).toBe(true);
  });

  it("outlives a refresh that could not be made", async () => {
    await signedIn();
    answers.push(json(401, {}), json(503, {}));
    expect((await failure(api.getTask("t"))).status).toBe(503);
    expect(session.state.value).toBe("signed-in");
  });

  it("is not over before the server knows", async () => {
    await signedIn();
    expect((await failure(session.signOut())).status).toBe(0);
    expect(session.state.value).toBe("signed-in");
    answers.push(() => new Response(null, { status: 204 }));
    await session.signOut();
    expect(session.state.value).toBe("anonymous");
  });

  it("is over when its password was set from a mail, and says so", async () => {
    await signedIn();
    answers.push(json(401, { code: "invalid_refresh_token" }));
    await session.afterReset();
    expect(session.state.value).toBe("anonymous");
    expect(session.ended.value).toBe(false);
    expect(session.greeting.value).toMatch(/new one/);
    await signedIn();
    expect(session.greeting.value).toBe("");
  });

  it("goes on when the password of another account was set from a mail", async () => {
    await signedIn();
    answers.push(json(200, tokens("second")));
    await session.afterReset();
    expect(session.state.value).toBe("signed-in");
    expect(session.greeting.value).toBe("");
  });

  it("takes up what was changed elsewhere", async () => {
    await signedIn();
    answers.push(json(200, { ...tokens("first").user, email_verified: true }));
    await account.reloadUser();
    expect(session.user.value?.email_verified).toBe(true);
  });

  it("renews before the token ends", async () => {
    await signedIn();
    answers.push(json(200, tokens("second")));
    await vi.advanceTimersByTimeAsync(850_000);
    expect(session.token()).toBe("second");
  });
});

describe("requests", () => {
  it("send the version that was read", async () => {
    await signedIn();
    answers.push(json(200, task));
    await api.updateTask(task as never, { title: "Buy oat milk" });
    expect(calls[0]?.headers.get("If-Match")).toBe('"4"');
  });

  it("leave the order of a search to the server", async () => {
    await signedIn();
    const page = json(200, { items: [], total: 0, next_cursor: null });
    answers.push(page, page, page);
    await api.listTasks({ status: "all", q: "milk", sort: "-created_at" }, 20);
    await api.listTasks({ status: "pending", q: "", sort: "due" }, 20);
    await api.listTasks({ status: "all", q: "", sort: "due" }, 20, "abc");
    expect(calls.map(({ path }) => path)).toEqual([
      "/api/v1/tasks?status=all&q=milk&per_page=20",
      "/api/v1/tasks?status=pending&sort=due&per_page=20",
      "/api/v1/tasks?status=all&sort=due&cursor=abc",
    ]);
  });

  it("find the task of an earlier try, with what was changed since", async () => {
    await signedIn();
    answers.push(json(409, { code: "id_taken" }), json(200, task), json(200, task));
    await api.createTask({ id: "t", title: "Buy oat milk" });
    expect(calls.map(({ method }) => method)).toEqual(["POST", "GET", "PATCH"]);
    expect(JSON.parse(calls[2]?.body ?? "")).toMatchObject({ title: "Buy oat milk", due_at: null });
  });

  it("find the reminder of an earlier try", async () => {
    await signedIn();
    const there = { items: [{ id: "r" }], total: 1, next_cursor: null };
    answers.push(json(409, { code: "id_taken" }), json(200, there));
    await api.createReminder("t", { id: "r", channels: ["email"], offset_minutes: 30 });
    answers.push(json(409, { code: "id_taken" }), json(200, { ...there, items: [] }));
    const lost = { id: "r", channels: ["email" as const], offset_minutes: 30 };
    expect((await failure(api.createReminder("t", lost))).status).toBe(409);
  });
});

/** The dialog is on the page. */
async function asked() {
  await vi.waitFor(() => expect(proof.asking.value).not.toBeNull());
  return proof.asking.value;
}

describe("what takes a password given lately", () => {
  const wanted = { name: "Kitchen", scopes: ["tasks:read" as const] };
  const refused = json(403, { code: "reauthentication_required" });
  const made = json(201, { id: "t", token: "tb_secret" });

  it("asks for it, and makes the request once more", async () => {
    await signedIn();
    answers.push(refused, made);
    const making = account.createToken(wanted);
    (await asked())?.done(true);
    expect((await making).token).toBe("tb_secret");
    expect(proof.asking.value).toBeNull();
    expect(calls.map(({ path }) => path)).toEqual(["/api/v1/tokens", "/api/v1/tokens"]);
  });

  it("does nothing without it", async () => {
    await signedIn();
    answers.push(refused);
    const making = failure(account.createToken(wanted));
    (await asked())?.done(false);
    expect((await making).message).toMatch(/nothing was done/);
    expect(calls).toHaveLength(1);
  });

  it("asks once for all that wait for it, and again the next time", async () => {
    await signedIn();
    answers.push(refused, refused, ended, ended);
    const ending = [account.endSession("one"), account.endSession("other")];
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    (await asked())?.done(true);
    await Promise.all(ending);
    expect(calls).toHaveLength(4);
    answers.push(refused);
    const again = failure(account.endOtherSessions());
    (await asked())?.done(false);
    expect((await again).message).toMatch(/nothing was done/);
  });

  it("asks for nothing when it is refused for another reason", async () => {
    await signedIn();
    answers.push(json(403, { code: "scope_not_allowed" }));
    expect((await failure(account.createToken(wanted))).code).toBe("scope_not_allowed");
    expect(proof.asking.value).toBeNull();
  });
});

describe("an export", () => {
  it("comes as it is, also when the token had to be renewed", async () => {
    await signedIn();
    const bytes = new Uint8Array([123, 125, 255]);
    answers.push(json(401, {}), json(200, tokens("second")), () => new Response(bytes));
    const file = await account.fetchExport("a b");
    expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
    expect(calls.at(-1)?.path).toBe("/api/v1/users/me/export?token=a+b");
  });

  it("says when its link is over", async () => {
    await signedIn();
    answers.push(json(422, { code: "link_expired" }));
    expect(account.isLinkOver(await failure(account.fetchExport("x")))).toBe(true);
    answers.push(json(503, {}));
    expect(account.isLinkOver(await failure(account.fetchExport("x")))).toBe(false);
  });
});

function problem(status: number, body = {}, after: number | null = null): string {
  return explain(new ApiError(status, body, after));
}

describe("errors", () => {
  it("carry the message of each field", async () => {
    await signedIn();
    const errors = [
      { field: "body.title", message: "must not be blank" },
      { field: "body.title", message: "something else" },
      { field: "query.page", message: "must be at least 1" },
    ];
    answers.push(json(422, { detail: "Some of the input is not valid", errors }));
    const { fields } = await failure(api.getTask("t"));
    expect(fields).toEqual({ title: "must not be blank", "query.page": "must be at least 1" });
  });

  it("are told in words", () => {
    expect(problem(0)).toMatch(/cannot be reached/);
    expect(problem(429, {}, 1)).toMatch(/in 1 second\.$/);
    expect(problem(503, {}, 300)).toMatch(/not available.* in 5 minutes/);
    expect(problem(500, { request_id: "r-1" })).toMatch(/request r-1/);
    expect(problem(404, { title: "x", detail: "There is no such task" })).toBe(
      "There is no such task",
    );
  });

  it("say that the network is gone", async () => {
    await signedIn();
    expect((await failure(api.getTask("t"))).status).toBe(0);
    answers.push(() => new Response("<p>Log in to the hotel</p>"));
    expect((await failure(api.getTask("t"))).status).toBe(0);
  });

  it("know when to try again", async () => {
    await signedIn();
    answers.push(json(429, {}, { "Retry-After": "30" }));
    expect((await failure(api.getTask("t"))).retryAfter).toBe(30);
  });
});
