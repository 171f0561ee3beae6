import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { AddTask } from "../components/AddTask";
import { Header } from "../components/Header";
import { TaskDialog } from "../components/TaskDialog";
import { TaskList } from "../components/TaskList";
import { Toolbar } from "../components/Toolbar";
import { UnsavedReminders } from "../components/UnsavedReminders";
import { usePage } from "../components/usePage";
import { VerifyHint } from "../components/VerifyHint";
import { ZoneHint } from "../components/ZoneHint";
import { load, phase } from "../tasks";
import type { Task } from "../types";

const STALE_MS = 60_000;

export function Tasks() {
  const open = useSignal<Task | null>(null);
  const heading = usePage("Tasks");
  useEffect(() => {
    void load();
    return reloadOnReturn();
  }, []);
  return (
    <>
      <Header />
      <main class="page">
        <h1 class="sr-only" ref={heading} tabIndex={-1}>
          Tasks
        </h1>
        <VerifyHint />
        <ZoneHint />
        <AddTask />
        <UnsavedReminders />
        <Toolbar />
        <TaskList onOpen={(task) => (open.value = task)} />
      </main>
      {open.value && (
        <TaskDialog
          key={open.value.id}
          task={open.value}
          onClosed={() => {
            open.value = null;
            // What had the focus before is gone with its task.
            const lost = document.activeElement === document.body;
            if (lost) document.getElementById("tasks-title")?.focus();
          }}
        />
      )}
    </>
  );
}

function online() {
  void load({ quiet: phase.peek() === "ready" });
}

/** Somebody comes back to a tab they left open, or the network does: what it shows may be old. */
function reloadOnReturn(): () => void {
  let left = Date.now();
  const look = () => {
    if (document.visibilityState === "hidden") left = Date.now();
    else if (Date.now() - left > STALE_MS) void load({ quiet: true });
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", online);
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("online", online);
  };
}
