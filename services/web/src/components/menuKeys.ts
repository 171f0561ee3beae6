/** Which item of a menu a key leads to; null for keys that are not the menu's. */
export function nextItem(key: string, from: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return (from + 1) % count;
    case "ArrowUp":
      return (Math.max(from, 0) - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
