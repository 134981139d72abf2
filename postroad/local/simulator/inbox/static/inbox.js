// All that the inbox does in the browser. Without it every page and button still works.
import { start as startGoing } from "./go.js";
import { start as startKeys } from "./keys.js";
import { start as startLive } from "./live.js";

startGoing();
startKeys();
startLive();
