#!/usr/bin/env node
'use strict';
// `lsof -p PID` for Verdaccio's tests, which compare what a server has open before and after: its files and pipes. What today's lsof
// prints besides, such as what each epoll waits for, changes all the time.
const { readdirSync, readlinkSync } = require('node:fs');

const folder = `/proc/${process.argv[3]}/fd`;
for (const descriptor of readdirSync(folder).sort((a, b) => Number(a) - Number(b))) {
  const target = readlinkSync(`${folder}/${descriptor}`);
  if (!/^(socket|anon_inode):/.test(target)) console.log(descriptor, target);
}
