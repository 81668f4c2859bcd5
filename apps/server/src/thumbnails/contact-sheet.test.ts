import { expect, it } from 'vitest';
import { SHEET_THUMBS, cueOf, headOf } from './contact-sheet.ts';

it('says where each picture is on which sheet, and when it is shown (WebVTT, 4.1)', () => {
  expect(headOf(Date.UTC(2026, 10, 28, 3))).toBe('WEBVTT from 2026-11-28T03:00:00.000Z\n\n');
  expect(cueOf(0, 0, 10)).toBe('00:00:00.000 --> 00:00:10.000\nsprite-0.jpg#xywh=0,0,160,90\n\n');
  expect(cueOf(SHEET_THUMBS + 7, 3_599.9996, 36_000.5)).toBe(
    '01:00:00.000 --> 10:00:00.500\nsprite-1.jpg#xywh=320,90,160,90\n\n',
  );
});
