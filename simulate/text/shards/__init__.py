"""Texts counted by workers: files read side by side, windows counted by parts, and all of it added up.

| task      | is given                            | gives                                                            |
|-----------|-------------------------------------|------------------------------------------------------------------|
| read      | some files                          | their units, words numbered by themselves, and what is known     |
| section   | two places in a large file          | the units between them, likewise                                 |
| whole     | a large file                        | what is known of it, and the SHA-256 of each section             |
| named     | the words of one part, of all files | a number for each of them                                        |
| piece     | units, and the numbers of words     | a stretch of the text, of about equal size whatever the files    |
| keyed     | a piece, and the units behind it    | its windows as keys with their places, in parts by their hash    |
| counted   | one part, of all pieces             | `Sums`, and ids of the windows that occur again                  |
| counted_on | a stretch of a part that is too large for one task | the table that the next one goes on with           |
| numbered  | ids, of all parts                   | those of a piece in the order of the text, for longer windows    |
| compared  | one part, of the pieces of two texts | as counted, with `simulate.text.comparison.overlap.Tally`        |
| copied    | one part, of windows of a stretch   | where those begin that came before, for each piece               |
| lesson    | the whole text, an order            | what `simulate.text.learning` finds as it is taught so           |

The process that runs the command holds no units and no windows: lengths of files and documents, where pieces lie, and
sums. Windows that run from one piece into the next are made from the units behind a piece. What is counted of a window
depends on where it occurs alone (`simulate.text.spilling.parts`), so that sums are the same for any files in a task,
any sections, any pieces, any parts, any workers and any order of tasks, and a task that is done again gives the same.
"""
