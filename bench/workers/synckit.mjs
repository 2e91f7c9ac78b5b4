// The same, for synckit.
import { runAsWorker } from 'synckit';

import { echo } from './echo.mjs';

runAsWorker(echo);
