import { createElement, useEffect, useRef } from 'react';
import { withBase } from '@rspress/core/runtime';

import { mount } from './mount.ts';

/** The playground, as Rspress takes it: React's part of it is a place in the page. */
export default function Playground() {
  const place = useRef(null);
  useEffect(() => mount(place.current, (file) => withBase(`/playground/${file}`)), []);
  return createElement('div', { ref: place, className: 'playground' });
}
