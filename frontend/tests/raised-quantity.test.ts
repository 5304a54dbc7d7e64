import { expect, it } from 'vitest';
import { raisedQuantity } from '../src/stores/raised-quantity';

it.each([
  ['', '', '2'],
  ['2', '', '3'],
  ['1 l', '1 l', '2 l'],
  ['3 l', '1 l', '4 l'],
  ['', '1 l', '2 l'],
  ['500 g', '500 g', '1000 g'],
  ['6', '6', '12'],
  ['0.5 l', '0.5 l', '1 l'],
  ['1,5 kg', '1,5 kg', '3 kg'],
  ['1.1 kg', '0.1 kg', '1.2 kg'],
  ['2 Cans', '2 cans', '4 Cans'],
  ['2 kg', '500 g', null],
  ['2', '1 l', null],
  ['a few', '1', null],
  ['1', '2 x 500 g', null],
  ['1/2', '', null],
])('SUG-8 %j and %j is %j', (quantity, usual, sum) => {
  expect(raisedQuantity(quantity, usual)).toBe(sum);
});
