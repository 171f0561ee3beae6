import { follow, path } from "../../route";

const PARTS = [
  ["/settings", "Account"],
  ["/settings/notifications", "Notifications"],
] as const;

export function SettingsNav() {
  return (
    <nav class="segments" aria-label="Settings">
      {PARTS.map(([to, label]) => (
        <a
          key={to}
          class="segment"
          href={to}
          aria-current={to === path.value ? "page" : undefined}
          onClick={follow}
        >
          {label}
        </a>
      ))}
    </nav>
  );
}
