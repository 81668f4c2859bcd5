export { ask, badge, button, card, check, field, notice, numbers, select, table } from './components.ts';
export type { ButtonKind, ButtonOptions, Field } from './components.ts';
export { fill, h } from './element.ts';
export type { Child, ElementProps } from './element.ts';
export { createTexts } from './texts.ts';
export type { Catalogue, Texts } from './texts.ts';
