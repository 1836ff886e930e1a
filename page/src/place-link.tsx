import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings, type Place } from './context.js';

/** A link to a place: with an address where places have one, so that it opens in a tab of its own as well. */
export function PlaceLink({
  place,
  className = 'link',
  isCurrent = false,
  children,
}: {
  place: Place;
  className?: string;
  /** Whether the person is there. */
  isCurrent?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const { go, hrefOf } = useSurroundings();
  const href = hrefOf(place);
  const mark = isCurrent ? ({ 'aria-current': 'page' } as const) : {};
  if (href === null) {
    return (
      <button type="button" class={className} {...mark} onClick={() => go(place)}>
        {children}
      </button>
    );
  }
  return (
    <a
      class={className}
      href={href}
      {...mark}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(place);
      }}
    >
      {children}
    </a>
  );
}
