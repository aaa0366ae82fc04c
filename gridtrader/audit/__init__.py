"""The laws of section 9, checked against the exchange's own books - never against what the bot believes.

Written a second time on purpose: of the trading side it uses only the order names. All answers are exact: sums and
products of decimals, quotients multiplied out.

Who feeds what when
-------------------
One `laws.Laws` for each account, made with its `Terms` before the first order, lives through all restarts of the bot.

==================  =======================================================================================
`laws.filled`       every execution, funding too, once and in the exchange's order, before anything below is
                    asked. Judges the cycle it closes: net profit
`laws.placed`       every order the exchange has accepted, with the books *before* it. Judges its name (single),
                    its quantity (reference, S1, S2), its price (S4) and whether money covered it and its twin
                    (reserve)
`laws.withdrawn`    every opening order that was cancelled: its margin is free again (reserve)
`laws.note`         the books when the balance has moved for another reason: a price, a transfer (reserve)
`laws.told`         the books when the exchange tells the bot its balance, by stream or as an answer (look-ahead)
`laws.always`       any moment, after each event: no level twice, nothing beyond q(k), one cycle at a time,
                    directions, liveness
`laws.quiet`        quiet moments (no command in flight, no entry waiting, no fill unseen): all of the above, and
                    symmetry, reference, look-ahead, protection
`laws.configure`    changed terms; a running ladder keeps its quantities (S2)
`laws.ledger.left`  the bot is gone or blind from now on; `back`: it sees again. What happens meanwhile is news to
                    it, and so is everything for `grace_ms`
`check_mirror`      quiet moments: the state file against the books
`laws.silence`      every private request, with its time, and the emergency file: nothing after a stop
`check`             all of the laws of a quiet moment, from the whole list of executions; for one look without a life
`check_placement`   the laws of one order, by the balance that the books show
==================  =======================================================================================

`Books` hold the open orders and sizes of the symbols that are judged (others do no harm), the balance, the fresh
prices, and what excuses the bot: stopped, symbols held, slack of the balance. All functions return what is broken, in
words: `SYMBOL: law: what`.

A check costs tens of microseconds a symbol, a fill a few; nothing grows with the length of a life.

What is not judged: resting prices after their placement (a level keeps its price when the one before it executes
better, S4), and what an exchange's price band made of a price, where `BookOrder.asked_price` says so.
"""
