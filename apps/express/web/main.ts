import { h, notice } from '@media-network/ui';
import { showAudience } from './audience.ts';
import { showComponents } from './components-page.ts';
import { showDirectory } from './directory.ts';
import { showPage, showTop, whoAmI } from './frame.ts';
import { text } from './site.ts';
import { showStudio } from './studio.ts';
import { showWatch } from './watch.ts';

/** The page that the address names. */
async function show(): Promise<void> {
  const [, first = '', second = ''] = location.pathname.split('/');
  if (first === '') showDirectory();
  const me = await whoAmI();
  showTop(me);
  if (first === 'studio') showStudio(me);
  else if (first === 'components') showComponents();
  else if (first === 'audience') await showAudience(second);
  else if (first === 'watch') await showWatch(second, me);
  else if (first !== '') showPage(text('notFound'), h('h1', {}, text('notFound')), notice(location.pathname));
}

await show();
