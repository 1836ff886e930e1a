import { useEffect, useState } from 'preact/hooks';

/** For how long nobody types before what is typed is looked for, in milliseconds. */
const pauseMs = 300;

/** What is typed into a field, once nobody types any more; an emptied field is so at once. */
export function useSettled(typed: string): string {
  const [settled, setSettled] = useState('');
  const wanted = typed.trim();
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), wanted === '' ? 0 : pauseMs);
    return () => clearTimeout(timer);
  }, [wanted]);
  return settled;
}
