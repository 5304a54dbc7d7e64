const AMOUNT = /^(\d{1,6})(?:([.,])(\d{1,3}))?(\s*)(\D*)$/u;

interface Amount {
  /** In thousandths, so that 0.1 + 0.2 is 0.3. */
  thousandths: number;
  point: string;
  space: string;
  unit: string;
}

function parse(quantity: string): Amount | null {
  const match = AMOUNT.exec(quantity.trim());
  if (!match) return null;
  const [, whole = '', point = '', decimals = '', space = '', unit = ''] = match;
  const thousandths = Number(whole) * 1000 + Number(decimals.padEnd(3, '0'));
  return { thousandths, point, space, unit };
}

/**
 * A quantity with what is usually bought added to it: `1 l` and `1 l` is `2 l`. Nothing is one.
 *
 * Null if the two cannot be added.
 */
export function raisedQuantity(quantity: string, usual: string): string | null {
  const added = parse(usual === '' ? '1' : usual);
  if (!added) return null;
  const current = quantity === '' ? added : parse(quantity);
  if (!current || current.unit.toLowerCase() !== added.unit.toLowerCase()) return null;
  const sum = current.thousandths + added.thousandths;
  const decimals = String(sum % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
  const point = current.point || added.point || '.';
  const number = `${Math.floor(sum / 1000)}${decimals === '' ? '' : point + decimals}`;
  return number + current.space + current.unit;
}
