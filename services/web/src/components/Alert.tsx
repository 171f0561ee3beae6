import type { ComponentChildren } from "preact";

export function Alert({ children }: { children?: ComponentChildren }) {
  return children ? (
    <div class="alert error" role="alert">
      {children}
    </div>
  ) : null;
}
