#pragma once

#include "observer/probe.h"

namespace holdfast::observer {

/// Whether InvenioRDM at the target (its base URL) really works: a draft is made with a small image, the
/// worker is seen to have looked into it, search finds the draft, and it is deleted and gone. So web,
/// database, broker, worker, cache and search are proved at once. Nothing is ever published.
///
/// It cleans up: what earlier canaries left is deleted first, and a look that fails after the draft was made
/// deletes it with what is left of its time, of which the last fifth, at most five seconds, is kept for that.
/// The search comes first also because InvenioRDM commits a draft and says 500 while its search is away. One
/// that searches and takes no writes (opensearch_answers.h) is not seen so: then each look can leave a draft
/// that no search finds, and that stays until the index of drafts is rebuilt and the next look finds it. The
/// token (the question's secret) is best that of a user who has nothing else.
[[nodiscard]] std::unique_ptr<Probe> begin_canary(boost::asio::io_context& loop,
                                                  const wire::ProbeQuestion& question, Answered answered);

} // namespace holdfast::observer
