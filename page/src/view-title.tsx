import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSurroundings } from './context.js';

/** The heading of a view. It takes the focus when the person came here, so that a screen reader reads on from it. */
export function ViewTitle({ children }: { children: ComponentChildren }): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const { hasMoved } = useSurroundings();
  useEffect(() => {
    if (hasMoved()) heading.current?.focus();
  }, []);
  return (
    <h2 ref={heading} tabIndex={-1} class="title" part="title">
      {children}
    </h2>
  );
}
