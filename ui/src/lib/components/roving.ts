/** Where an arrow key, Home or End leads among `count` places in a row; null for other keys. */
export function stepAmong(event: KeyboardEvent, count: number, current: number): number | null {
  const places: Partial<Record<string, number>> = {
    ArrowRight: (current + 1) % count,
    ArrowDown: (current + 1) % count,
    ArrowLeft: (Math.max(current, 0) + count - 1) % count,
    ArrowUp: (Math.max(current, 0) + count - 1) % count,
    Home: 0,
    End: count - 1,
  };
  const place = places[event.key];
  if (place === undefined || event.altKey || event.ctrlKey || event.metaKey) return null;
  event.preventDefault();
  return place;
}
