import { provideZonelessChangeDetection } from '@angular/core';

import { setUp } from './environment.ts';

setUp([provideZonelessChangeDetection()]);
