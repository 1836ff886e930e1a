import type { Request, Response } from 'express';

const name = 'session';
const maxAgeMs = 60 * 60 * 1000;

/** Reads the token from the cookie of a browser; `null` without one. */
export function readSessionCookie(req: Request): string | null {
  const cookies = (req.get('cookie') ?? '').split(';').map((cookie) => cookie.trim());
  const cookie = cookies.find((each) => each.startsWith(`${name}=`));
  return cookie === undefined ? null : cookie.slice(name.length + 1);
}

/**
 * Keeps a token in a cookie that scripts cannot read and other sites cannot make the browser send.
 *
 * @param isSecure - whether people reach this service over HTTPS
 */
export function setSessionCookie(res: Response, token: string, isSecure: boolean): void {
  res.cookie(name, token, { ...attributes, secure: isSecure, maxAge: maxAgeMs });
}

/** Removes the cookie. */
export function clearSessionCookie(res: Response, isSecure: boolean): void {
  res.clearCookie(name, { ...attributes, secure: isSecure });
}

const attributes = { httpOnly: true, sameSite: 'strict', path: '/' } as const;
