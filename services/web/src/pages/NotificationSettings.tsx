import { useEffect } from "preact/hooks";

import { Alert } from "../components/Alert";
import { Header } from "../components/Header";
import { DailyDigest } from "../components/notifications/DailyDigest";
import { Push } from "../components/notifications/Push";
import { QuietHours } from "../components/notifications/QuietHours";
import { ReminderDefaults } from "../components/notifications/ReminderDefaults";
import { TestChannels } from "../components/notifications/TestChannels";
import { Webhooks } from "../components/notifications/Webhooks";
import { SettingsNav } from "../components/settings/SettingsNav";
import { useAction } from "../components/useAction";
import { usePage } from "../components/usePage";
import { known, load } from "../preferences";

/** How and when one is told of what is due. */
export function NotificationSettings() {
  const heading = usePage("Settings");
  const { message, run } = useAction(load);
  useEffect(() => void run(), []);
  return (
    <>
      <Header />
      <main class="page">
        <h1 ref={heading} tabIndex={-1}>
          Settings
        </h1>
        <SettingsNav />
        {message && (
          <Alert>
            {message}{" "}
            <button type="button" class="link" onClick={() => void run()}>
              Try again
            </button>
          </Alert>
        )}
        {!known.value && !message && <p class="muted delayed">Loading…</p>}
        {known.value && (
          <>
            <ReminderDefaults />
            <QuietHours />
            <DailyDigest />
            <Push />
            <Webhooks />
            <TestChannels />
          </>
        )}
      </main>
    </>
  );
}
