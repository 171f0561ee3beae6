import { Header } from "../components/Header";
import { usePage } from "../components/usePage";
import { follow } from "../route";

export function NotForYou() {
  const heading = usePage("Not for you");
  return (
    <>
      <Header />
      <main class="page">
        <div class="card empty">
          <h1 ref={heading} tabIndex={-1}>
            Not for you
          </h1>
          <p class="muted">This page is for administrators.</p>
          <a class="button" href="/" onClick={follow}>
            To your tasks
          </a>
        </div>
      </main>
    </>
  );
}
