import { listOf } from "../lists";
import { follow } from "../route";
import { ask, missing, query, showAll, view } from "../tasks";
import { isNarrowed } from "../views";

/** Why there is nothing to see, and what to do about it. */
export function Empty() {
  if (missing.value) return <Missing />;
  const { q } = query.value;
  if (q || isNarrowed(query.value)) {
    return (
      <div class="card empty">
        <p>{q ? `No task matches “${q}”.` : "No task matches what you chose."}</p>
        <button type="button" class="button" onClick={q ? () => ask({ q: "", status: "all" }) : showAll}>
          {view.value.kind === "all" || !q ? "Show all tasks" : "Drop the search"}
        </button>
      </div>
    );
  }
  const [first, second] = words();
  return (
    <div class="card empty">
      <p class="empty-title">{first}</p>
      <p class="muted">{second}</p>
    </div>
  );
}

function words(): [string, string] {
  const { status } = query.value;
  const here = view.value;
  if (here.kind === "trash") return ["The trash is empty", "What you delete stays here for 30 days."];
  if (status === "completed") return ["Nothing completed yet", "Tasks you tick off are kept here."];
  switch (here.kind) {
    case "today":
      return ["Nothing is due today", "Enjoy it, or look at what is coming up."];
    case "upcoming":
      return ["Nothing is coming up", "Tasks with a date from today on appear here."];
    case "label":
      return ["No task has this label", `Write @${here.name} in a task to give it.`];
    case "filter":
      return ["Nothing matches this filter", "Tasks appear here as soon as they match."];
    case "list":
      if (status === "all") return EMPTY_LIST;
      return listOf(here.id)?.archived ? DONE : ["Nothing to do here", EMPTY_LIST[1]];
    default:
      return status === "pending" ? DONE : ["No tasks yet", "Write down the first thing above, and press Enter."];
  }
}

const DONE: [string, string] = ["All done", "Nothing is waiting for you."];
const EMPTY_LIST: [string, string] = [
  "No tasks in this list",
  "Write down the first thing above, and press Enter.",
];

function Missing() {
  const { kind } = view.value;
  const what = kind === "list" || kind === "filter" ? kind : "page";
  return (
    <div class="card empty">
      <p class="empty-title">There is no such {what}</p>
      <p class="muted">
        {kind === "list" ? (
          <>
            It may have been deleted. Lists stay in the{" "}
            <a href="/trash" onClick={follow}>
              trash
            </a>{" "}
            for 30 days.
          </>
        ) : (
          "The address may be mistyped, or what it led to was deleted."
        )}
      </p>
      <a class="button" href="/" onClick={follow}>
        Show all tasks
      </a>
    </div>
  );
}
