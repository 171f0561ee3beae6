/** Spans of a text that is being typed. Places count Unicode code points, as the API's do. */

type Place = [start: number, end: number];

/** Where the spans are after an edit; those that were edited themselves are gone. */
export function shifted<T extends { start: number; end: number }>(
  spans: readonly T[],
  before: string,
  after: string,
): T[] {
  const old = [...before];
  const now = [...after];
  const most = Math.min(old.length, now.length);
  let head = 0;
  while (head < most && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const moved = now.length - old.length;
  return spans.flatMap((span) => {
    if (span.end <= head) return [span];
    if (span.start >= old.length - tail) {
      return [{ ...span, start: span.start + moved, end: span.end + moved }];
    }
    return [];
  });
}

/** In code points, from an index of a JavaScript string. */
export function pointsBefore(text: string, index: number): number {
  return Array.from(text.slice(0, index)).length;
}

/** The API counts from the first character that is not a space. */
export function leading(text: string): number {
  return text.length - text.trimStart().length;
}

export function placesOf(spans: readonly { start: number; end: number }[], from = 0): Place[] {
  return spans.map(({ start, end }) => [start - from, end - from]);
}
