/** Server-sent events as the HTML standard writes them, from a stream of text. */

export interface ServerEvent {
  /** `message` unless the event has a name. */
  event: string;
  data: string;
  /** The last id that was sent, by this event or by one before it; "" before the first. */
  id: string;
}

interface Listener {
  event: (event: ServerEvent) => void;
  /** Where to go on from, after what was told so far. */
  place: (id: string) => void;
  /** Milliseconds to wait before connecting again. */
  retry: (milliseconds: number) => void;
}

/** Takes text as it comes, in pieces of any length. */
export function sseParser(on: Listener): (text: string) => void {
  let rest = "";
  let begun = false;
  let name = "";
  let id = "";
  let data: string[] = [];

  function field(line: string) {
    const colon = line.indexOf(":");
    const key = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (key === "data") data.push(value);
    else if (key === "event") name = value;
    else if (key === "id" && !value.includes("\0")) id = value;
    else if (key === "retry" && /^\d+$/.test(value)) on.retry(Number(value));
  }

  function dispatch() {
    // What has no data is no event: a comment, or an id on its own.
    if (data.length > 0) on.event({ event: name || "message", data: data.join("\n"), id });
    if (id) on.place(id);
    name = "";
    data = [];
  }

  return (text) => {
    rest += text;
    if (!begun && rest) {
      begun = true;
      rest = rest.replace(/^\uFEFF/, "");
    }
    // A \r at the end may be the first half of \r\n.
    const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const lines = whole.split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + rest.slice(whole.length);
    for (const line of lines) {
      if (line === "") dispatch();
      else field(line);
    }
  };
}
