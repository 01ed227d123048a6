#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// Whether InvenioRDM at the target (its base URL) really works: a draft is made with a small image, the
/// worker is seen to have looked into it, search finds the draft, and it is deleted and gone. So web,
/// database, broker, worker, cache and search are proved at once. Nothing is ever published.
///
/// Nothing is left behind: what earlier canaries left is deleted first, and a look that fails after the draft
/// was made deletes it with what is left of its time, of which the last fifth, at most five seconds, is kept
/// for that. The search comes first also because InvenioRDM commits a draft and says 500 while its search is
/// away. The token (the question's secret) is best that of a user who has nothing else.
[[nodiscard]] std::unique_ptr<Probe> begin_canary(boost::asio::io_context& loop,
                                                  const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
