import { useEffect } from "preact/hooks";

import { AddTask } from "../components/AddTask";
import { BatchBar } from "../components/BatchBar";
import { Header } from "../components/Header";
import { Shortcuts } from "../components/Shortcuts";
import { DrawerButton, SidebarOrDrawer } from "../components/sidebar/Drawer";
import { TaskList } from "../components/TaskList";
import { Toolbar } from "../components/Toolbar";
import { TrashedLists } from "../components/TrashedLists";
import { UnsavedReminders } from "../components/UnsavedReminders";
import { useLive } from "../components/useLive";
import { usePage } from "../components/usePage";
import { VerifyHint } from "../components/VerifyHint";
import { ZoneHint } from "../components/ZoneHint";
import * as lists from "../lists";
import { setArchived } from "../listChanges";
import { opened } from "../opened";
import { visit } from "../route";
import { load, missing, phase, refreshShown, view } from "../tasks";
import type { Task } from "../types";

const STALE_MS = 60_000;

export function Tasks() {
  const title = titleOf();
  const heading = usePage(title);
  const at = visit.value;
  useEffect(() => {
    void lists.load();
    return reloadOnReturn();
  }, []);
  useEffect(() => {
    void load();
  }, [at]);
  useLive(["task"], refreshShown);
  useLive(["list", "label", "filter"], lists.refreshPlaces);
  return (
    <>
      <Header>
        <DrawerButton />
      </Header>
      <div class="with-sidebar">
        <SidebarOrDrawer />
        <main class="page">
          <VerifyHint />
          <ZoneHint />
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <Body onOpen={(task) => (opened.value = task)} />
        </main>
      </div>
      <Shortcuts />
    </>
  );
}

function Body({ onOpen }: { onOpen: (task: Task) => void }) {
  const here = view.value;
  if (missing.value) return <TaskList onOpen={onOpen} />;
  if (here.kind === "trash") {
    return (
      <>
        <p class="muted">What you delete stays here for 30 days, then it is gone for good.</p>
        <TrashedLists />
        <TaskList onOpen={onOpen} />
      </>
    );
  }
  const list = here.kind === "list" ? lists.listOf(here.id) : undefined;
  return (
    <>
      {list?.archived ? (
        <div class="alert info spread">
          <span>This list is archived: no tasks are added to it.</span>
          <button
            type="button"
            class="button small"
            onClick={() => void setArchived(list, false)}
          >
            Take out of the archive
          </button>
        </div>
      ) : (
        <AddTask />
      )}
      <UnsavedReminders />
      <Toolbar key={JSON.stringify(here)} />
      <BatchBar />
      <TaskList onOpen={onOpen} />
    </>
  );
}

function titleOf(): string {
  const here = view.value;
  switch (here.kind) {
    case "all":
      return "All tasks";
    case "today":
      return "Today";
    case "upcoming":
      return "Upcoming";
    case "trash":
      return "Trash";
    case "list":
      return lists.listOf(here.id)?.name ?? "List";
    case "filter":
      return lists.filterOf(here.id)?.name ?? "Filter";
    case "label":
      return `@${lists.labelOf(here.name)?.name ?? here.name}`;
    default:
      return "Not found";
  }
}

function online() {
  void lists.load();
  void load({ quiet: phase.peek() === "ready" });
}

/** Somebody comes back to a tab they left open, or the network does: what it shows may be old. */
function reloadOnReturn(): () => void {
  let left = Date.now();
  const look = () => {
    if (document.visibilityState === "hidden") left = Date.now();
    else if (Date.now() - left > STALE_MS) {
      void lists.load();
      void load({ quiet: true });
    }
  };
  document.addEventListener("visibilitychange", look);
  addEventListener("online", online);
  return () => {
    document.removeEventListener("visibilitychange", look);
    removeEventListener("online", online);
  };
}
