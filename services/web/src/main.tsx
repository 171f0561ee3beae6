import { render } from "preact";

import { App } from "./app";
import * as session from "./session";

const root = document.getElementById("app");
if (root) render(<App />, root);
void session.start();
