import { render } from "preact";

import { App } from "./app";
import * as live from "./live";
import * as session from "./session";

const root = document.getElementById("app");
if (root) render(<App />, root);
live.start();
void session.start();
