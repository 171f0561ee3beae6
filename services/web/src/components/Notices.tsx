import { dismiss, hold, inDialog, notices, release, type Notice } from "../notices";
import { Icon } from "./Icon";

/** The live region is always there: screen readers only hear of what changes inside one. */
export function Notices({ within }: { within: "page" | "dialog" }) {
  const here = inDialog.value === (within === "dialog");
  return (
    <div class="notices" role="status" aria-live="polite" aria-relevant="additions">
      {here && notices.value.map((notice) => <Item key={notice.id} notice={notice} />)}
    </div>
  );
}

function Item({ notice }: { notice: Notice }) {
  const { id, tone, text, actions } = notice;
  const wait = () => hold(id);
  const goOn = () => release(notice);
  return (
    <div
      class={`notice ${tone}`}
      role={tone === "error" ? "alert" : undefined}
      onMouseEnter={wait}
      onMouseLeave={goOn}
      onFocusIn={wait}
      onFocusOut={goOn}
    >
      <span class="notice-text">{text}</span>
      {actions.map(({ label, run }) => (
        <button
          type="button"
          key={label}
          class="button quiet small"
          onClick={() => {
            dismiss(id);
            run();
          }}
        >
          {label}
        </button>
      ))}
      <button
        type="button"
        class="button quiet small square"
        aria-label="Close message"
        onClick={() => dismiss(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}
