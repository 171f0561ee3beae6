import { Once } from "./Once";

interface Props {
  made: { name: string; token: string };
  onDone: () => void;
}

export function TokenOnce({ made, onDone }: Props) {
  return (
    <Once label="The new token" secret={made.token} onDone={onDone}>
      <strong>This is the token “{made.name}”. Copy it now: it is not shown again.</strong> It lets
      in whoever has it, so keep it as you keep a password.
    </Once>
  );
}
