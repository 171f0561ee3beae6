interface Props {
  page: number;
  pages: number;
  onGo: (page: number) => void;
}

export function Pager({ page, pages, onGo }: Props) {
  if (pages <= 1 && page === 1) return null;
  return (
    <nav class="actions middle" aria-label="Pages">
      <button
        type="button"
        class="button small"
        aria-disabled={page <= 1}
        onClick={() => page > 1 && onGo(page - 1)}
      >
        Previous
      </button>
      <span class="muted" aria-live="polite">
        Page {page} of {pages}
      </span>
      <button
        type="button"
        class="button small"
        aria-disabled={page >= pages}
        onClick={() => page < pages && onGo(page + 1)}
      >
        Next
      </button>
    </nav>
  );
}
