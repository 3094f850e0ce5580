"""Sources (bronnen): what publishers publish, fetched politely and read strictly, whatever form it comes in."""
