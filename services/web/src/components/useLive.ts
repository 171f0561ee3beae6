import { useEffect, useRef } from "preact/hooks";

import { on, type Kind, type News } from "../live";

/** While the component is there, `run` is called soon after such changes. */
export function useLive(
  kinds: readonly Kind[],
  run: (news: News) => void,
  evenHidden = false,
): void {
  const newest = useRef(run);
  newest.current = run;
  const key = kinds.join();
  useEffect(() => on(kinds, (news) => newest.current(news), { evenHidden }), [key]);
}
