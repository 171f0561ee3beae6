import { DeadJobs } from "../components/admin/DeadJobs";
import { FiguresPage } from "../components/admin/FiguresPage";
import { Health } from "../components/admin/Health";
import { People } from "../components/admin/People";
import { Header } from "../components/Header";
import { usePage } from "../components/usePage";
import { follow } from "../route";

const PARTS = [
  ["/admin", "People", People],
  ["/admin/jobs", "Dead jobs", DeadJobs],
  ["/admin/figures", "Figures", FiguresPage],
] as const;

export function Admin({ at }: { at: string }) {
  const [path, , Part] = PARTS.find(([one]) => one === at) ?? PARTS[0];
  const heading = usePage("Administration");
  return (
    <>
      <Header />
      <main class="page">
        <h1 ref={heading} tabIndex={-1}>
          Administration
        </h1>
        <nav class="segments" aria-label="Administration">
          {PARTS.map(([to, label]) => (
            <a
              key={to}
              class="segment"
              href={to}
              aria-current={to === path ? "page" : undefined}
              onClick={follow}
            >
              {label}
            </a>
          ))}
        </nav>
        {path !== "/admin" && <Health />}
        <Part />
      </main>
    </>
  );
}
