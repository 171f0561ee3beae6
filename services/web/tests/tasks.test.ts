import { beforeEach, expect, it, vi } from "vitest";

import type * as Notices from "../src/notices";
import type * as Tasks from "../src/tasks";
import type { Task } from "../src/types";

type Answer = (body: unknown, status?: number) => void;

let tasks: typeof Tasks;
let notices: typeof Notices;
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
  vi.stubGlobal("history", { replaceState: () => undefined });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal(
    "fetch",
    (path: string) =>
      new Promise((resolve) => {
        const answer: Answer = (body, status = 200) =>
          resolve(new Response(JSON.stringify(body), { status }));
        waiting.push({ path, answer });
      }),
  );
  notices = await import("../src/notices");
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

const told = () => notices.notices.value.map(({ text }) => text).join();
const order = () => tasks.items.value.map(({ id }) => id).join("");

async function shows(...items: Task[]): Promise<void> {
  void tasks.load();
  (await request("/tasks?"))(list(...items));
  await vi.waitFor(() => expect(tasks.phase.value).toBe("ready"));
}

it("shows a repeating task at its next date, and says which that is", async () => {
  const rule = { rrule: "FREQ=WEEKLY", anchor: "schedule" as const };
  const weekly = { ...task, recurrence: rule, occurrence: "2031-11-17", due_date: "2031-11-17" };
  await shows(weekly);
  tasks.setCompleted(weekly, true);
  expect(tasks.items.value[0]?.completed).toBe(true);
  (await request("/complete"))({ ...weekly, due_date: "2031-11-24", version: 2 });
  await vi.waitFor(() => expect(told()).toContain("Next: "));
  expect(tasks.items.value[0]).toMatchObject({ completed: false, due_date: "2031-11-24" });
});

it("takes a completion back that was refused", async () => {
  tasks.setCompleted(task, true);
  (await request("/complete"))({ code: "occurrence_gone", title: "Gone" }, 409);
  await vi.waitFor(() => expect(tasks.items.value[0]?.completed).toBe(false));
  expect(told()).toContain("moved on elsewhere");
});

it("moves a task at once, and reads the list again when that is refused", async () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => ({ ...task, id })) as [Task, Task, Task];
  await shows(a, b, c);
  tasks.place(c, a, "before");
  expect(order()).toBe("cab");
  tasks.place(b, c, "before");
  expect(order()).toBe("bca");
  (await request("/c/move"))({ ...c, version: 2 });
  (await request("/b/move"))({ title: "Not a sibling" }, 422);
  (await request("/tasks?"))(list(c, a, b));
  await vi.waitFor(() => expect(order()).toBe("cab"));
  expect(told()).toContain("Could not move");
});
