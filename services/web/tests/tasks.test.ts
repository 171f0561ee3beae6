import { beforeEach, expect, it, vi } from "vitest";

import type * as Tasks from "../src/tasks";
import type { Task } from "../src/types";

type Answer = (body: unknown) => void;

let tasks: typeof Tasks;
let waiting: { path: string; answer: Answer }[];

const task = { id: "t", title: "Buy milk", completed: false, version: 1 } as Task;
const done = { ...task, completed: true, version: 2 };
const list = (...items: Task[]) => ({ items, total: items.length, next_cursor: null });

/** The request for this path, once it is made; `answer` is how the server answers it. */
async function request(path: string): Promise<Answer> {
  await vi.waitFor(() => expect(waiting.some((one) => one.path.includes(path))).toBe(true));
  const at = waiting.findIndex((one) => one.path.includes(path));
  return (waiting.splice(at, 1)[0] as (typeof waiting)[number]).answer;
}

beforeEach(async () => {
  vi.resetModules();
  waiting = [];
  vi.stubGlobal("navigator", {});
  vi.stubGlobal("location", { pathname: "/", search: "", hash: "" });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal(
    "fetch",
    (path: string) =>
      new Promise((resolve) => {
        waiting.push({ path, answer: (body) => resolve(new Response(JSON.stringify(body))) });
      }),
  );
  tasks = await import("../src/tasks");
  void tasks.load();
  (await request("/tasks?"))(list(task));
  await vi.waitFor(() => expect(tasks.phase.value).toBe("ready"));
});

it("reads the list again when the server read it before a change", async () => {
  tasks.setCompleted(task, true);
  tasks.ask({ status: "pending" });
  const stale = await request("/tasks?");
  (await request("/complete"))(done);
  await vi.waitFor(() => expect(tasks.items.value).toEqual([]));
  stale(list(task));
  (await request("/tasks?"))(list());
  await vi.waitFor(() => expect(tasks.phase.value).toBe("ready"));
  expect(tasks.items.value).toEqual([]);
});

it("shows the list as it came when nothing was changed meanwhile", async () => {
  tasks.ask({ status: "completed" });
  (await request("/tasks?"))(list(done));
  await vi.waitFor(() => expect(tasks.items.value).toEqual([done]));
  expect(waiting).toEqual([]);
});
