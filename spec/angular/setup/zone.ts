import { provideZoneChangeDetection } from '@angular/core';

import { setUp } from './environment.ts';

setUp([provideZoneChangeDetection()]);
